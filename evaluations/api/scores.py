"""The endpoints of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from edu.http.paging import CURSOR, LIMIT, page_answer, paging_of
from edu.http.preconditions import expected_version, replaced_version
from edu.http.replies import etag_of, reply_for
from edu.http.schema import CREATES_OR_REPLACES, IF_MATCH, ROW_OUTCOMES, page_of, results_of
from edu.http.serializers import shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.api import score_serializers as serializers
from evaluations.api.histories import history_data
from evaluations.api.parsing import REQUIRED_TERM, TERM, required_term_of, term_of
from evaluations.api.section_rows import SectionRows, outcome_counts
from evaluations.domain.evaluation import ScoreState
from evaluations.errors import AlreadyRecordedError
from evaluations.permissions import RECORD_SCORES, SEE_SCORES

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from evaluations.domain.evaluation import Score


class ScoreList(ApiView):
    """An evaluation's scores."""

    capabilities: ClassVar = {"GET": SEE_SCORES, "POST": RECORD_SCORES, "PUT": RECORD_SCORES}

    @extend_schema(
        operation_id="list_scores", tags=["scores"], responses=results_of("ScoreList", serializers.ScoreOutput)
    )
    def get(self, request: Request, evaluation_id: str) -> Response:
        """All of them, by student id."""
        scores = services.list_scores(actor=principal_of(request), evaluation_id=evaluation_id)
        return Response({"results": [_score_data(score) for score in scores]})

    @extend_schema(
        operation_id="record_score",
        tags=["scores"],
        request=serializers.ScoreInput,
        responses={201: serializers.ScoreOutput},
    )
    def post(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Record a student's first score (201): the older way; a PUT with `If-None-Match: *` does the same.

        While the term is open who teaches the section does, whatever the role; an administrator, with a reason, where
        the school lets them grade for an absent teacher. Once it is closed only an administrator does, with a reason.
        """
        given = validated(serializers.ScoreInput, request.data)
        reply = reply_for(
            request,
            principal_of(request),
            _score_data,
            address=lambda score: (
                f"{request.path}/{score['student_id']}"
            ),  # resolving a name would take as long as a key
        )
        state = ScoreState(given.pop("state"))
        with reply.key.first_answer_wins():
            services.record_score(
                actor=principal_of(request), evaluation_id=evaluation_id, state=state, reply=reply, **given
            )
        return reply.as_response()

    @extend_schema(
        operation_id="record_section",
        tags=["scores"],
        parameters=[ROW_OUTCOMES],
        request=serializers.RowsInput,
        responses=results_of("RowResults", serializers.RowOutput),
    )
    def put(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Record or correct a whole section's scores, with a result for each row (200).

        It is 200 whatever became of the rows, even if all were rejected: ``Row-Outcomes`` counts them.

        For who teaches the section, while the term is open; and for an administrator where the school lets them grade
        for an absent teacher: each of their rows that is written says why.
        """
        given = SectionRows(request.data)
        reply = reply_for(request, principal_of(request), given.render, status=200, outcomes=outcome_counts)
        with reply.key.first_answer_wins():
            services.record_section(
                actor=principal_of(request), evaluation_id=evaluation_id, rows=given.rows, reply=reply
            )
        return reply.as_response()


class SectionScores(ApiView):
    """A section's grade book."""

    capabilities: ClassVar = {"GET": SEE_SCORES}

    @extend_schema(
        operation_id="list_section_scores",
        tags=["scores"],
        parameters=[REQUIRED_TERM, CURSOR, LIMIT],
        responses=page_of("SectionScorePage", serializers.StudentScoreOutput),
    )
    def get(self, request: Request, section_id: str) -> Response:
        """A page of the scores of one term (``?term=``): latest evaluation first, by student id."""
        page = services.list_section_scores(
            actor=principal_of(request),
            section_id=section_id,
            term_id=required_term_of(request),
            **paging_of(request),
        )
        return page_answer(serializers.StudentScoreOutput(page.items, many=True).data, page.cursor)


class ScoreDetail(ApiView):
    """One student's score."""

    capabilities: ClassVar = {"GET": SEE_SCORES, "PUT": RECORD_SCORES}

    @extend_schema(operation_id="read_score", tags=["scores"], responses=serializers.ScoreOutput)
    def get(self, request: Request, evaluation_id: str, student_id: str) -> Response:
        """Read it."""
        found = services.get_score(actor=principal_of(request), evaluation_id=evaluation_id, student_id=student_id)
        data = _score_data(found)
        return Response(data, headers={"ETag": etag_of(data)})

    @extend_schema(
        operation_id="write_score",
        tags=["scores"],
        parameters=[CREATES_OR_REPLACES],
        request=serializers.CorrectionInput,
        responses={200: serializers.ScoreOutput, 201: serializers.ScoreOutput},
        examples=[serializers.FIRST_SCORE, serializers.CORRECTION],
    )
    def put(self, request: Request, evaluation_id: str, student_id: str) -> HttpResponse:
        """Write the score, the recommended way: one address and one body, and a header that says what it replaces.

        - `If-None-Match: *` records the first one (201). Where one stands, 412 shows it as `current` beside `yours`,
          also if both say the same: RFC 9110 (13.1.2) has no other answer, and who sent it again under the same
          `Idempotency-Key` gets the first one, 201.
        - `If-Match: "<version>"` corrects that version (200). What says the same is no new version.

        It puts all of it in the place of what stands: a comment that is left out is gone.

        While the term is open who teaches the section does, whatever the role; an administrator, with a reason, where
        the school lets them grade for an absent teacher. Once it is closed only an administrator does, with a reason.
        A voided score needs a reason too.
        """
        given = validated(serializers.CorrectionInput, request.data)
        version = replaced_version(request)
        what = {**given, "state": ScoreState(given["state"]), "evaluation_id": evaluation_id, "student_id": student_id}
        if version is None:
            return _first_score(request, what)
        reply = reply_for(request, principal_of(request), _score_data, status=200)
        with reply.key.first_answer_wins():
            services.correct_score(actor=principal_of(request), version=version, reply=reply, **what)
        return reply.as_response()


class ScoreVoid(ApiView):
    """Taking a score out of account."""

    capabilities: ClassVar = {"POST": RECORD_SCORES}

    @extend_schema(
        operation_id="void_score",
        tags=["scores"],
        parameters=[IF_MATCH],
        request=serializers.ReasonInput,
        responses=serializers.ScoreOutput,
    )
    def post(self, request: Request, evaluation_id: str, student_id: str) -> HttpResponse:
        """Void the version named by ``If-Match``, with a reason (200).

        While the term is open who teaches the section does, whatever the role, and an administrator where the school
        lets them grade for an absent teacher; once it is closed only an administrator.
        """
        given = validated(serializers.ReasonInput, request.data)
        version, reply = expected_version(request), reply_for(request, principal_of(request), _score_data, status=200)
        place = {"evaluation_id": evaluation_id, "student_id": student_id}
        with reply.key.first_answer_wins():
            services.void_score(
                actor=principal_of(request), version=version, reason=given["reason"], reply=reply, **place
            )
        return reply.as_response()


class ScoreHistory(ApiView):
    """Every version a score has had."""

    capabilities: ClassVar = {"GET": SEE_SCORES}

    @extend_schema(
        operation_id="list_score_history",
        tags=["scores"],
        parameters=[CURSOR, LIMIT],
        responses=page_of("ScoreHistoryPage", serializers.ScoreVersionOutput),
    )
    def get(self, request: Request, evaluation_id: str, student_id: str) -> Response:
        """A page of them, newest first; ``next`` is the cursor of the following page."""
        page = services.list_score_versions(
            actor=principal_of(request),
            evaluation_id=evaluation_id,
            student_id=student_id,
            **paging_of(request),
        )
        return page_answer(history_data(serializers.ScoreVersionOutput, page.items), page.cursor)


class StudentScores(ApiView):
    """A student's scores: all for administrators, those of their own sections for teachers."""

    capabilities: ClassVar = {"GET": SEE_SCORES}

    @extend_schema(
        operation_id="list_student_scores",
        tags=["scores"],
        parameters=[TERM, CURSOR, LIMIT],
        responses=page_of("StudentScorePage", serializers.StudentScoreOutput),
    )
    def get(self, request: Request, student_id: str) -> Response:
        """A page of them by term and evaluation, of one term with ``?term=``."""
        page = services.list_student_scores(
            actor=principal_of(request),
            student_id=student_id,
            term_id=term_of(request),
            **paging_of(request),
        )
        return page_answer(serializers.StudentScoreOutput(page.items, many=True).data, page.cursor)


def _first_score(request: Request, what: dict[str, Any]) -> HttpResponse:
    """The first score of a student, put at its own address."""
    reply = reply_for(request, principal_of(request), _score_data, address=lambda _score: request.path)
    try:
        with reply.key.first_answer_wins():
            services.record_score(actor=principal_of(request), reply=reply, **what)
    except AlreadyRecordedError as error:
        raise (error.conflict or error) from error
    return reply.as_response()


def _score_data(score: Score) -> dict[str, Any]:
    return shown(serializers.ScoreOutput, score)
