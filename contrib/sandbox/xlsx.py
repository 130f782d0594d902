"""Excel workbooks of one sheet: a zip of XML, the same bytes for the same rows every time.

Nothing is compressed, so that the size follows from the lengths of the cells alone.
"""

import io
import zipfile
from html import escape

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PART = "application/vnd.openxmlformats-officedocument.spreadsheetml"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def workbook(rows):
    """The bytes of a workbook whose only sheet has these rows of text."""
    parts = {
        "[Content_Types].xml":
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{PART}.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{PART}.worksheet+xml"/></Types>',
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml":
            f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml":
            f'<worksheet xmlns="{SHEETS}"><sheetData>{"".join(map(_row, rows))}'
            '</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), DECLARATION + text)
    return packed.getvalue()


def _relation(kind, target):
    return (f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>')


def _row(cells):
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(str(cell), quote=False)}</t></is></c>'
                             for cell in cells) + "</row>"
