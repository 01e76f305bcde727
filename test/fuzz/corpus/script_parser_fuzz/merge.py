# coding: latin-1
revision = """ab""" 'c'
down_revision = (
    'a',  # one
    "b",
)
branch_labels = ['x', 'y',]
depends_on = ('q'),
