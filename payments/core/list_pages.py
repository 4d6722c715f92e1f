"""The pages of a list: by number as far as rows are counted, beyond that by the row they follow.

`?after=ID` is what comes after a row in the order of the list, `?before=ID` what comes before it,
`?before=end` the last page. Such an address stands for the same rows whatever is added in front,
and an index leads to them however long the list is (`core.db.keyed_page`). A number beyond those,
in an address of before, leads to the last page that has one, and the page says so: what stood there
then has moved on since, and to count that far means to read it all.
"""

from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.http import HttpRequest

from payments.core.db.paginator import BoundedPaginator
from payments.core.text import whole_number

AFTER, BEFORE, END = "after", "before", "end"
POSITIONS = (AFTER, BEFORE)


class PagedChangeList(ChangeList):
    """Django's ChangeList with pages by key where it is too long for numbers."""

    paginator: BoundedPaginator
    # Whether a number was asked for that no page has.
    is_past_numbers = False

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        for name in POSITIONS:  # as Django does with the number of a page: no link carries it on
            self.filter_params.pop(name, None)

    def get_filters_params(self, params: Any = None) -> Any:
        """Where a page lies is no look-up."""
        others = super().get_filters_params(params)
        return {name: values for name, values in others.items() if name not in POSITIONS}

    @property
    def is_keyed(self) -> bool:
        """Whether this page has no number."""
        return self.paginator.keyed is not None

    def get_ordering_field(self, field_name: Any) -> Any:
        """No address sorts by a column that the screen leaves out: no index has its order."""
        may_sort = self.sortable_by is None or field_name in self.sortable_by
        return super().get_ordering_field(field_name) if may_sort else None

    def get_results(self, request: HttpRequest) -> None:
        """The page's own number is the one that is shown, whatever was asked for."""
        asked_for = self.page_num
        super().get_results(request)
        if not self.is_keyed and self.paginator.is_capped:
            self.page_num = min(asked_for, self.paginator.last_number)
        self.is_past_numbers = asked_for > self.page_num

    @property
    def first_url(self) -> str:
        """The list's beginning, from a page without a number."""
        return str(self.get_query_string()) if self.is_keyed else ""

    @property
    def previous_url(self) -> str:
        """What comes before a page without a number; "" where nothing does."""
        keyed = self.paginator.keyed
        return self._at(BEFORE, keyed.rows[0].pk) if keyed and keyed.has_previous else ""

    @property
    def next_url(self) -> str:
        """What comes after this page, counted or not; "" where nothing does."""
        keyed, rows = self.paginator.keyed, list(self.result_list)
        if keyed:
            return self._at(AFTER, keyed.rows[-1].pk) if keyed.has_next else ""
        if len(rows) < self.list_per_page or not self._goes_on:
            return ""
        if self.paginator.is_counted(self.page_num):
            return str(self.get_query_string({PAGE_VAR: self.page_num + 1}))
        return self._at(AFTER, rows[-1].pk) if self.paginator.has_keys else ""

    @property
    def ends_early(self) -> bool:
        """Whether more rows follow the last number, to which this order has no way."""
        is_last = not self.is_keyed and not self.paginator.is_counted(self.page_num)
        return self.paginator.is_capped and is_last and not self.paginator.has_keys

    @property
    def last_url(self) -> str:
        """The end of a list that has more pages than numbers; "" for others, and on it."""
        keyed = self.paginator.keyed
        is_last = keyed is not None and not keyed.has_next
        has_end = self.paginator.is_capped and self.paginator.has_keys
        return self._at(BEFORE, END) if has_end and not is_last else ""

    @property
    def _goes_on(self) -> bool:
        return self.page_num < self.paginator.num_pages or self.paginator.is_capped

    def _at(self, name: str, row: object) -> str:
        return str(self.get_query_string({name: row}))


def paginator_of(
    request: HttpRequest, rows: Any, per_page: int, **options: Any
) -> BoundedPaginator:
    """The pages of a list, at the row that the request names. One that makes no sense is none."""
    paginator = BoundedPaginator(rows, per_page, **options)
    if request.GET.get(BEFORE) == END:
        paginator.go_to_the_end()
    elif (pk := whole_number(request.GET.get(AFTER, ""))) is not None:
        paginator.go_after(pk)
    elif (pk := whole_number(request.GET.get(BEFORE, ""))) is not None:
        paginator.go_before(pk)
    return paginator
