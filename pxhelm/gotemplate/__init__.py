"""Go's text/template as Helm runs it: source text to program to text.

One module per stage (lexer, nodes, parser, resolver, compiler, runtime); each consumes only the
previous stage's output. Never reads a file, a clock or the network: those come through ``Host``.
"""
