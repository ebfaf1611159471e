"""The files of submitted applications, for the partner's lead and the central team."""

from flask import Blueprint, Response

from core.admissions import downloads
from core.admissions.queries import attachments
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.where import only_at_partners_sites

blueprint = Blueprint("enclosures", __name__, url_prefix="/manage/admissions/applications")
only_at_partners_sites(blueprint)
blueprint.add_app_template_filter(downloads.filesize)


@blueprint.get("/<application_id>/files/<attachment_id>")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def file(application_id: str, attachment_id: str) -> Response:
    """One file of a submitted version."""
    context = here()
    return downloads.sent(
        attachments.one_for_lead(context.session, context.visitor.account_id, application_id, attachment_id)
    )
