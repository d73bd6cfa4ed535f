"""What was sold: facts per sale, sums by local day, and figures, charts, tables and a report.

Vendors stand side by side; currencies are never added up.
"""

from .exporting import export_csv
from .figures import figures
from .listing import payment_states, products
from .periods import period, today, zone_of
from .series import by_day, by_hour, by_weekday, heat_map
from .taking_in import progress
from .types import (
    Changes,
    CurrencyInsights,
    Fee,
    Figures,
    Grain,
    HeatCell,
    HeatMap,
    HourFigures,
    HourSeries,
    Insights,
    Period,
    PeriodName,
    Point,
    ProductFigures,
    Products,
    Progress,
    Series,
    Side,
    StateFigures,
    Table,
    WeekdayFigures,
)

__all__ = [
    "Changes",
    "CurrencyInsights",
    "Fee",
    "Figures",
    "Grain",
    "HeatCell",
    "HeatMap",
    "HourFigures",
    "HourSeries",
    "Insights",
    "Period",
    "PeriodName",
    "Point",
    "ProductFigures",
    "Products",
    "Progress",
    "Series",
    "Side",
    "StateFigures",
    "Table",
    "WeekdayFigures",
    "by_day",
    "by_hour",
    "by_weekday",
    "export_csv",
    "figures",
    "heat_map",
    "payment_states",
    "period",
    "products",
    "progress",
    "today",
    "zone_of",
]
