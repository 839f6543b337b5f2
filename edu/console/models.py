"""The console's own models: who is signed in, and the audit trail. Unmanaged: they describe pages, not tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from edu.console import access
from edu.console.actions import action_name
from edu.identity.principal import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.console.staff import SignIn


class StaffUser(AbstractBaseUser):
    """A signed-in member of staff. It exists in Cognito and, while signed in, in the session; nowhere else."""

    subject = models.CharField(max_length=64, primary_key=True)
    username = models.CharField(_("username"), max_length=128, unique=True)
    role = models.CharField(_("role"), max_length=20)
    school_id = models.CharField(_("school"), max_length=31, blank=True)

    password = None  # type: ignore[assignment] # Cognito keeps it
    last_login = None  # so that django.contrib.auth does not try to store it

    is_staff = True
    is_active = True
    is_superuser = False
    USERNAME_FIELD = "username"
    signed_in: SignIn

    class Meta:
        """Described, never stored."""

        managed = False
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")

    @classmethod
    def of(cls, signed_in: SignIn) -> StaffUser:
        """The user that a sign-in makes."""
        who = signed_in.principal
        user = cls(subject=who.subject, username=signed_in.username, role=str(who.role), school_id=who.school_id or "")
        user.signed_in = signed_in
        return user

    def get_session_auth_hash(self) -> str:
        """What a session is bound to: the account with its role and school, since there is no password here."""
        return salted_hmac("edu.console.StaffUser", f"{self.subject}|{self.role}|{self.school_id}").hexdigest()

    def has_usable_password(self) -> bool:
        """No: it is changed at Cognito, so the console offers no form for it."""
        return False

    def get_short_name(self) -> str:
        """What the page's head calls the person."""
        return self.username

    def has_perm(self, permission: str, obj: object = None) -> bool:  # noqa: ARG002 - Django's signature
        """Whether the person's role has this permission; see ``edu.console.access``."""
        return access.allows(Role(self.role), permission)

    def has_perms(self, permissions: Iterable[str], obj: object = None) -> bool:
        """Whether the person's role has all of these permissions."""
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person's role may see anything of this app."""
        return access.allows_app(Role(self.role), app_label)


class Record(models.Model):
    """A page's view of one record of the table. It is never saved: any SQL is an error."""

    class Meta:
        """Described, never stored."""

        abstract = True
        managed = False
        default_permissions = ("view",)

    @classmethod
    def of(cls, **fields: Any) -> Self:  # noqa: ANN401 - the model's own fields
        """An instance that is known to exist."""
        record = cls(**fields)
        record._state.adding = False
        return record


class AuditEntry(Record):
    """Who did what to which record, and when; see ``edu.audit``."""

    entry_key = models.CharField(_("entry"), max_length=80, primary_key=True)
    at = models.CharField(_("exact time (UTC)"), max_length=27)  # text, so that no display rounds it
    actor = models.CharField(_("account"), max_length=64)
    role = models.CharField(_("role"), max_length=20)
    capacity = models.CharField(_("acting as"), max_length=20, blank=True, null=True)  # noqa: DJ001 - as stored
    action = models.CharField(_("action"), max_length=60)
    subject = models.CharField(_("record"), max_length=200)
    version = models.PositiveIntegerField(_("version"))
    before_digest = models.CharField(_("digest before"), max_length=64, blank=True)
    after_digest = models.CharField(_("digest after"), max_length=64)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=64, blank=True)

    class Meta(Record.Meta):
        """Described, never stored."""

        abstract = False
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")

    def __str__(self) -> str:
        """What was done to what."""
        return f"{action_name(self.action)}: {self.subject}"
