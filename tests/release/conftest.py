import pytest

from tests.release.world import World


@pytest.fixture
def world():
    return World()
