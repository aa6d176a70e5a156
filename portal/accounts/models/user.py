from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models

from portal.accounts.querysets import UserQuerySet
from portal.core.historique import historise


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def for_user(self, user: Any) -> UserQuerySet:
        """The accounts that `user` may see (`portal.accounts.querysets`)."""
        return self.get_queryset().for_user(user)

    def create_user(self, email: str, password: str | None = None, **champs: Any) -> "User":
        """Create an account. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("Une adresse e-mail est obligatoire.")
        user = self.model(email=self.normalize_email(email).lower(), **champs)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **champs: Any) -> "User":
        return self.create_user(email, password, **{**champs, "is_staff": True, "is_superuser": True})


@historise(fields=["email", "first_name", "last_name", "is_active", "is_staff", "is_superuser"], nom="UserEvent")
class User(AbstractUser):
    """A person who signs in: by e-mail address, or by Pro Santé Connect, which gives none (`email` is then NULL)."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(  # type: ignore[assignment]
        "adresse e-mail", unique=True, null=True, blank=True
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "compte"
        ordering = ["email"]

    def __str__(self) -> str:
        return f"compte {self.pk}"
