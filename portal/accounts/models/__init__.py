from portal.accounts.models.connexions import CodeSecours, IdentiteExterne, Invitation, SessionOuverte, Tentative
from portal.accounts.models.organisations import Mandat, Organisation
from portal.accounts.models.territorialise import Territorialise
from portal.accounts.models.user import User, UserManager

__all__ = [
    "CodeSecours",
    "IdentiteExterne",
    "Invitation",
    "Mandat",
    "Organisation",
    "SessionOuverte",
    "Tentative",
    "Territorialise",
    "User",
    "UserManager",
]
