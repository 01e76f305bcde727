x = f'{a!r:>{w}} {{}} {d["k"]:%H:%M} {x:=5} \N{DASH}' rf"""{(lambda x: {1: 2})(3)}
{f'{f"{1}"}'}"""
revision = f'a{{b}}'
down_revision = None
