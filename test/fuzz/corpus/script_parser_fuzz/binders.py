import revision
from x import (a, down_revision as b)
from y import *
for revision, z in y: pass
with a as (revision, b): pass
try:
  pass
except E as depends_on:
  del branch_labels
class revision:
  global depends_on
revision += 'x'
(revision := 1)
revision, y = 1, 2
