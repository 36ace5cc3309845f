"""What stands behind engine/logic.py and engine/expression.py.

Text is cut into tokens and read as JsonLogic; JsonLogic becomes a tree on the operator registry of the jsonlogic
package, is checked against the vocabulary's types and lowered to closures. Beside the answer stand its why and the
next time it could change.
"""
