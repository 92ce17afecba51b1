from odoo import models
from odoo.exceptions import UserError
from odoo.tools.image import image_process

# What is larger on its longer side is made smaller: it is read on a screen.
LARGEST_SIDE = 1920
LARGEST_PHOTO = 15_000_000
MOST_PHOTOS = 40
# How each kind of picture begins; nothing else is taken, whatever its name says.
PICTURES = {
    "image/jpeg": (b"\xff\xd8\xff", "jpg"),
    "image/png": (b"\x89PNG\r\n\x1a\n", "png"),
}


def get_mimetype(picture):
    """Return what kind of picture this is by how it begins, or an empty text."""
    return next((kind for kind, (start, __) in PICTURES.items() if picture.startswith(start)), "")


class AftersalesPhoneMixin(models.AbstractModel):
    """Photos of the work, kept on its order (FS4)."""

    _inherit = "aftersales.phone.mixin"

    # === BUSINESS METHODS === #

    def _get_photos(self):
        """Return the photos of the order, the newest first."""
        self.ensure_one()
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", "repair.order"),
                ("res_id", "=", self._get_work_order().id),
                ("res_field", "=", False),
                ("mimetype", "in", list(PICTURES)),
            ],
            order="id desc",
            limit=MOST_PHOTOS,
        )

    def _add_photos(self, pictures):
        """Keep photos on the order.

        :param list pictures: of bytes
        :return: the attachments
        :raises UserError: when one is no picture or too large, or there are too many
        """
        self._check_at_work()
        if not pictures:
            raise UserError(self.env._("No photo was chosen for %(work)s.", work=self.display_name))
        count = len(self._get_photos())
        if count + len(pictures) > MOST_PHOTOS:
            raise UserError(
                self.env._(
                    "%(order)s has %(count)s photos and takes %(most)s.",
                    order=self._get_work_order().display_name,
                    count=count,
                    most=MOST_PHOTOS,
                )
            )
        return self.env["ir.attachment"].create(
            [
                self._prepare_photo_vals(picture, number)
                for number, picture in enumerate(pictures, count + 1)
            ]
        )

    def _prepare_photo_vals(self, picture, number):
        """Return the values of the attachment that keeps a photo, as large as a screen."""
        if not get_mimetype(picture) or len(picture) > LARGEST_PHOTO:
            raise UserError(
                self.env._(
                    "A photo of %(work)s is no JPEG or PNG picture of up to %(size)s MB.",
                    work=self.display_name,
                    size=LARGEST_PHOTO // 1_000_000,
                )
            )
        side = (LARGEST_SIDE, LARGEST_SIDE)
        small = image_process(picture, size=side, verify_resolution=True)
        # What was made smaller may be of another kind.
        mimetype = get_mimetype(small)
        return {
            "name": f"{self.name}-{number}.{PICTURES[mimetype][1]}",
            "raw": small,
            "mimetype": mimetype,
            "res_model": "repair.order",
            "res_id": self._get_work_order().id,
        }
