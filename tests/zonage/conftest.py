"""What the tests of the territory share."""

import pytest
from django.core.cache import caches


@pytest.fixture
def sans_pages_gardees():
    """No page of another test is answered."""
    caches["pages"].clear()
