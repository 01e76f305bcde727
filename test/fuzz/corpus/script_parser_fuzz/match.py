match x:
  case {'a': revision, **rest} if revision == 1: pass
  case [down_revision, A(b=c)] as depends_on: pass
type revision = int
f = lambda x=(y := 1), *a: {1: lambda: 2}
revision: 'str' = 'a'
exec('x')
