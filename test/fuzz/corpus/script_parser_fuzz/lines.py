revision = x = 'a'; down_revision = \
 'b' 'c'
if x:
	def f():
		revision = 1
	y = 2depends_on = ()