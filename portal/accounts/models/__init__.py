from portal.accounts.models.connexions import IdentiteExterne, Invitation, SessionOuverte
from portal.accounts.models.organisations import Mandat, Organisation
from portal.accounts.models.territorialise import Territorialise
from portal.accounts.models.user import User, UserManager

__all__ = [
    "IdentiteExterne",
    "Invitation",
    "Mandat",
    "Organisation",
    "SessionOuverte",
    "Territorialise",
    "User",
    "UserManager",
]
