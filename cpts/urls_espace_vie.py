from django.urls import URLPattern, URLResolver, path

from cpts.views import vie

urlpatterns: list[URLPattern | URLResolver] = [
    path("parcours/", vie.parcours, name="espace_parcours"),
    path("parcours/pieces/<int:pk>/", vie.piece, name="espace_piece"),
    path("parcours/<slug:action>/", vie.acte, name="espace_acte"),
]
