"""The table of a list, for templates: `{% load lists %}`.

`{% list_table cl as table %}` makes it ready. In the template of its rows stand, inside
`{% cells %}`, the cells that have looks of their own, each under its column's name:

    {% for row in table.rows %}
    <tr>{% cells %}{% cell "reason" %}{{ row.reason }}{% endcell %}{% endcells %}</tr>
    {% endfor %}

They are drawn in the order of `list_display`; a column without one is drawn by its function. What
stands outside of a cell is drawn nowhere.
"""

from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import select_template
from django.utils.safestring import SafeString

from .list_table import Table, rows_templates

register = template.Library()


@register.simple_tag
def list_table(changelist: ChangeList) -> Table | None:
    """The page of this list; None where Django draws it: rows that are forms, or a pop-up."""
    return None if changelist.formset or changelist.is_popup else Table(changelist)


class CellNode(Node):
    """How the cells of one column look."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist


class CellsNode(Node):
    """All cells of one row, which the context holds as `row`."""

    def __init__(self, nodelist: NodeList) -> None:
        self._cells = {node.name: node.nodelist for node in nodelist if isinstance(node, CellNode)}

    def cell(self, name: str, context: Context) -> SafeString:
        """What stands in one of them."""
        return self._cells[name].render(context)

    def render(self, context: Context) -> SafeString:
        table, row = context["table"], context["row"]
        parts = []
        for column in table.columns:
            url = table.url(row) if column.is_link else ""
            cell = self._cells.get(column.name)
            drawn = (
                column.shown(row, url) if cell is None else column.cell(cell.render(context), url)
            )
            parts.append(drawn)
        return SafeString("".join(parts))


def cell_of(row: Model, name: str) -> SafeString:
    """One cell as the list of its row draws it, for wherever else it is shown."""
    found: Any = select_template(list(rows_templates(row._meta)))
    [cells] = found.template.nodelist.get_nodes_by_type(CellsNode)
    context = Context({"row": row})
    with context.bind_template(found.template):
        return SafeString(cells.cell(name, context).strip())


@register.tag
def cells(parser: Parser, token: Token) -> CellsNode:
    """The cells of a row, up to `{% endcells %}`."""
    nodelist = parser.parse(("endcells",))
    parser.delete_first_token()
    return CellsNode(nodelist)


@register.tag
def cell(parser: Parser, token: Token) -> CellNode:
    """The cells of the column of this name, up to `{% endcell %}`."""
    _tag, name = token.split_contents()
    nodelist = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(name.strip("\"'"), nodelist)
