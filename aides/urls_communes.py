from django.urls import re_path

from aides.views_commune import commune_detail

urlpatterns = [
    re_path(r"^communes/(?P<code>[0-9][0-9AaBb][0-9]{3})/$", commune_detail, name="commune_detail"),
]
