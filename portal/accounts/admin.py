from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from portal.accounts.models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ["email", "last_name", "first_name", "is_staff", "is_active"]
    ordering = ["email"]
    search_fields = ["=email", "last_name"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Personne", {"fields": ["first_name", "last_name"]}),
        ("Droits", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(pk__in=User.objects.for_user(request.user).values("pk"))

    def has_add_permission(self, request):
        """An account opens by an invitation: only who keeps the machine makes one by hand."""
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        """These fields hold rights, passwords and addresses: nobody gains one by oneself (docs/adr/0112)."""
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False
