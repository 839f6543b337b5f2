"""``manage.py deploy``: bring the data plane to the template's state, then verify what was deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management.base import CommandError

from deploy.local import access_keys
from deploy.stack import deployment, verification
from deploy.stack.change_sets import DeploymentError, deployment_errors
from edu.aws.endpoint import AWS, LOCAL
from edu.commands import OperatorCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Sequence

    from deploy.stack.change_sets import Change

    Confirm = Callable[[Sequence[Change]], bool]

WRONG_USE: Final = 2
DRIFTED: Final = 3


class Command(OperatorCommand):
    """Deploys ``deploy/data-plane.yaml``. Idempotent; on AWS it shows the changes and asks first."""

    help = "Deploy the data plane to the local emulator or to AWS, then verify that all that was asked for is there."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--target", choices=(LOCAL, AWS), required=True)
        parser.add_argument("--env", default=settings.ENVIRONMENT, help="suffix of the stack (default: %(default)s)")
        parser.add_argument("--yes", action="store_true", help="do not ask before changing AWS")
        parser.add_argument("--operator-principal-arn", help="AWS: who may assume the operator role")
        parser.add_argument("--alert-email", help="where alarms go")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Deploy, leave the local files, verify.

        Exit codes: 1 the deployment failed or was declined, 2 wrong use, 3 something is not as the template says.
        """
        self._check_target(options["target"])
        plane = deployment.DataPlane(
            env=options["env"],
            local=options["target"] == LOCAL,
            operator_principal_arn=options["operator_principal_arn"],
            alert_email=options["alert_email"],
        )
        clients = deployment.connect(endpoint_url=settings.AWS_ENDPOINT_URL, region=settings.AWS_REGION)
        asks = not (plane.local or options["yes"])
        try:
            with deployment_errors():
                self._deploy(clients, plane, confirm=self._ask if asks else self._show)
        except DeploymentError as error:
            raise CommandError(f"{options['target']}: {error}") from error

    def _deploy(self, clients: deployment.Clients, plane: deployment.DataPlane, *, confirm: Confirm) -> None:
        outputs = deployment.deploy_data_plane(clients, plane, confirm=confirm, report=self._report)
        for key, value in sorted(outputs.items()):
            self._report(f"{key:<20} {value}")
        environment = deployment.stack_environment(outputs, settings.AWS_ENDPOINT_URL)
        if plane.local:
            self._leave_files(clients, outputs, environment)
        else:
            self._report("environment of the task definitions:")
            for name, value in environment.items():
                self._report(f"{name}={value}")
        self._verify(clients, outputs, plane)

    def _check_target(self, target: str) -> None:
        if target != settings.CLOUD:
            raise CommandError(f"--target {target} contradicts LIBRETA_CLOUD={settings.CLOUD}", returncode=WRONG_USE)

    def _leave_files(self, clients: deployment.Clients, outputs: dict[str, str], environment: dict[str, str]) -> None:
        self._report(f"wrote {access_keys.write_environment(settings.STATE_DIR, environment)}")
        renewed = access_keys.ensure_access_keys(clients.iam, outputs, settings.STATE_DIR)
        self._report(f"new access keys: {', '.join(renewed)}" if renewed else "access keys kept")

    def _verify(self, clients: deployment.Clients, outputs: dict[str, str], plane: deployment.DataPlane) -> None:
        mismatches = verification.verify(outputs, clients, verification.Expected(protected=not plane.local))
        for mismatch in mismatches:
            self.stderr.write(str(mismatch))
        if mismatches:
            raise CommandError(f"{len(mismatches)} things are not as the template says", returncode=DRIFTED)
        self._report("verified: everything is as the template says")

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _show(self, changes: Sequence[Change]) -> bool:
        if all(change.action == "Add" for change in changes):
            self._report(f"{len(changes)} resources to add")
            return True
        for change in changes:
            self._report(f"  {change}")
        return True

    def _ask(self, changes: Sequence[Change]) -> bool:
        self._show(changes)
        try:
            return input(f"Make these {len(changes)} changes? Type yes: ").strip() == "yes"
        except EOFError:
            return False
