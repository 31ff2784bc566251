"""Rows that bring goods back undo the purchases above them."""

from tests.importing.imports import PLAIN, Shop

RETURN = PLAIN.replace('id = "order"', 'id = "order"\ncustomer = "who"') + (
    '[return]\nwhen = { order = "C*" }\nquantity = { column = "qty", negate = true }\n'
)
HEADER = "order,who,sku,qty,price,placed\n"


def returned(shop: Shop) -> list[tuple[str, str, list[tuple[str, int]]]]:
    return [
        (e.subject, e.body.return_id, [(x.line, x.quantity) for x in e.body.lines])
        for e in shop.events
        if e.type == "order.returned"
    ]


def test_a_return_undoes_the_latest_purchases_of_the_customer_and_sku(shop: Shop):
    shop.imports(
        HEADER + "o1,k,A,2,1,2026-01-01\no2,k,B,1,1,2026-01-02\no2,k,A,2,1,2026-01-02\n"
        "o3,other,A,9,1,2026-01-03\nC4,k,A,-3,1,2026-01-04\nC5,k,A,-1,1,2026-01-05\n",
        RETURN,
    )
    assert returned(shop) == [
        ("o2", "C4", [("2", 2)]),
        ("o1", "C4", [("1", 1)]),
        ("o1", "C5", [("1", 1)]),
    ]


def test_a_return_is_rejected_whole_if_its_purchases_are_not_found(shop: Shop):
    summary = shop.imports(
        HEADER + "o1,k,A,2,1,2026-01-01\nC1,k,A,-3,1,2026-01-04\nC2,k,B,-1,1,2026-01-04\n"
        "C3,,A,-1,1,2026-01-04\nC4,k,A,1,1,2026-01-04\nC5,k,A,-2,1,2026-01-04\n",
        RETURN,
    )
    assert summary.reasons == {
        "a return that matches purchases only in part": 1,
        "a return that matches no purchase": 1,
        "a return without a customer": 1,
        "[return] quantity is not above zero": 1,
    }
    assert returned(shop) == [("o1", "C5", [("1", 2)])]


def test_a_return_may_name_its_order(shop: Shop):
    mapping = PLAIN + (
        '[return]\nwhen = { kind = "return" }\nmatch = "order"\norder = "order"\nid = "rma"\n'
    )
    shop.imports(
        "order,kind,rma,sku,qty,price,placed\no1,sale,,A,2,1,2026-01-01\no1,sale,,B,1,1,2026-01-01\n"
        "o2,sale,,B,1,1,2026-01-01\no1,return,r1,B,1,1,2026-01-05\n",
        mapping,
    )
    assert returned(shop) == [("o1", "r1", [("2", 1)])]


def test_rows_of_one_return_that_undo_one_order_are_one_event(shop: Shop):
    shop.imports(
        HEADER + "o1,k,A,2,1,2026-01-01\no1,k,B,2,1,2026-01-01\n"
        "C1,k,A,-1,1,2026-01-04\nC1,k,B,-2,1,2026-01-04\n",
        RETURN,
    )
    assert returned(shop) == [("o1", "C1", [("1", 1), ("2", 2)])]
