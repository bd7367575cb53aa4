from tests.actions.conftest import lab

__all__ = ["lab"]
