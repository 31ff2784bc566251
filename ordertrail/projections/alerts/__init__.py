"""Alert rules, a file for each family, and the projection that keeps their alerts."""

from ordertrail.projections.alerts.deviations import DEVIATION_RULES
from ordertrail.projections.alerts.flow import Dwelling, NoTrackingNews, ShortPick, StockOut
from ordertrail.projections.alerts.promises import (
    PromiseAtRisk,
    PromiseLapsed,
    PromiseRevisedOften,
)
from ordertrail.projections.alerts.returns import CustomerReturnRate, SkuReturnRate
from ordertrail.projections.alerts.rule import Rule

RULES: tuple[Rule, ...] = (
    PromiseLapsed(),
    PromiseAtRisk(days=3),
    PromiseRevisedOften(times=3),
    NoTrackingNews(days=5),
    Dwelling(open=3, allocated=2, picked=1, packed=2),
    ShortPick(),
    StockOut(),
    SkuReturnRate(share=0.2, units=20),
    CustomerReturnRate(share=0.4, units=10),
    *DEVIATION_RULES,
)
"""The rules of Ordertrail. One more: a class in the file of its family, and a line here."""

__all__ = ["RULES", "Rule"]
