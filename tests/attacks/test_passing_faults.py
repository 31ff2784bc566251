"""What goes wrong for a while does not stay wrong."""

import subprocess
import sys
from decimal import Context, localcontext

from ordertrail import CORE, App, CapturePayment, Ordertrail, PlaceOrder, Rule
from ordertrail.domain.order.events import OrderPlaced

FULL = """
import resource, sys, time
from ordertrail import *

def placed(number):
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    return PlaceOrder(order_id=str(number), lines=lines)

with Ordertrail.open(sys.argv[1]) as trail:
    trail.execute(placed(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    number = 0
    try:
        while True:
            number += 1
            trail.execute(placed(number))
    except StoreError:
        pass
    time.sleep(0.3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    receipt = trail.execute(placed("after"))
    for attempt in range(50):
        try:
            assert trail.orders(after=receipt, limit=100_000)[-1]
            break
        except StoreError:
            time.sleep(0.1)
    else:
        sys.exit("the views never followed again")
"""


def test_the_views_follow_again_when_a_full_disk_was_emptied(tmp_path):
    url = f"sqlite:///{tmp_path}/orders.db"
    subprocess.run([sys.executable, "-c", FULL, url], check=True, timeout=60)


def test_money_in_the_views_does_not_follow_the_precision_of_whoever_folds():
    with Ordertrail.open("memory:", follow=False) as trail:
        lines = [{"line": "1", "sku": "MUG", "quantity": 1, "price": "3703.68"}]
        trail.execute(PlaceOrder(order_id="1", currency="EUR", lines=lines))
        for payment in "ab":
            money = CapturePayment(order_id="1", payment_id=payment, amount="1851.84")
            trail.execute(money)
        with localcontext(Context(prec=4)):
            trail.catch_up()
        assert str(trail.orders()[0].captured) == "3703.68"


class Always(Rule):
    """Fires for whatever its `parts` name."""

    on = (OrderPlaced,)

    def apply(self, memo, event, part):
        return 1

    def firing(self, memo):
        return True


class Nameless(Always):
    name = "nameless"
    meaning = "a rule that names no subject"
    remedy = "mend it"

    def parts(self, event):
        yield "", 1


def test_a_rule_that_names_no_subject_is_shown_and_does_not_stop_the_watch():
    with Ordertrail.open("memory:", app=CORE + App(rules=[Nameless()]), follow=False) as trail:
        lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
        trail.execute(PlaceOrder(order_id="1", lines=lines))
        trail.watch()
        (parked,) = trail.parked()
        assert "the alert rule nameless" in parked.error


class Big(Always):
    name = "big"
    meaning = "a big order"
    remedy = "look at it"

    def parts(self, event):
        yield event.body.order_id, 1


def big(trail):
    return [alert.subject for alert in trail.alerts(rule="big")]


def test_a_process_without_the_rules_of_a_team_does_not_swallow_their_alerts(tmp_path):
    url, team = f"sqlite:///{tmp_path}/orders.db", CORE + App(rules=[Big()])
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    with Ordertrail.open(url, app=team, follow=False) as trail:
        trail.execute(PlaceOrder(order_id="1", lines=lines))
        trail.catch_up()
    with Ordertrail.open(url, follow=False) as ours:
        ours.execute(PlaceOrder(order_id="2", lines=lines))
        ours.catch_up()
        assert [one.lag for one in ours.status() if one.projection == "alerts"] == [1]
        assert len(ours.orders(after=ours.position)) == 2
    with Ordertrail.open(url, app=team, follow=False) as trail:
        trail.catch_up()
        assert sorted(big(trail)) == ["1", "2"]


def test_alerts_are_built_anew_when_a_rule_is_added(tmp_path):
    url = f"sqlite:///{tmp_path}/orders.db"
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    with Ordertrail.open(url, follow=False) as trail:
        trail.execute(PlaceOrder(order_id="1", lines=lines))
        trail.catch_up()
    with Ordertrail.open(url, app=CORE + App(rules=[Big()]), follow=False) as trail:
        trail.catch_up()
        assert big(trail) == ["1"]
