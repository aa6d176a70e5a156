from zonage.views.carte import carte, valeurs
from zonage.views.commune import CommuneDetailView
from zonage.views.contours import contours

__all__ = ["CommuneDetailView", "carte", "contours", "valeurs"]
