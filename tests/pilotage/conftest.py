import pytest

from tests.pilotage.scene import make_scene


@pytest.fixture
def pays(db):
    return make_scene()
