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
