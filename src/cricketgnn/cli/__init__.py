"""The command suite: one file a command, each parses, calls one library function and prints.

Nothing imports this package. Modules here may import at their top only what ``--help`` can afford
(typer, the error tree, plain names); everything heavy is imported inside the command.
"""
