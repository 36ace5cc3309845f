"""Conditions and expressions: compiled once against a vocabulary, then asked with a Scope.

The parts live in engine/conditions; this is the door.
"""

from engine.conditions.faults import Fault
from engine.conditions.scope import Names, Scope

__all__ = ["Fault", "Names", "Scope"]
