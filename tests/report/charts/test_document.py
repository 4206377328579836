"""Documents with numbered models."""

from bokeh.document import Document
from bokeh.models import ColumnDataSource, Range1d

from gradevo.report.charts.document import document_json


def test_models_are_numbered_and_names_of_data_stay() -> None:
    document = Document()
    shared = Range1d(start=0, end=1)
    document.add_root(ColumnDataSource({"id": ["p1"]}, tags=[shared]))
    document.add_root(shared)
    content = document_json(document, "page")
    first, second = content["roots"]
    assert first["attributes"]["data"]["entries"] == [["id", ["p1"]]]
    assert second == {"id": first["attributes"]["tags"][0]["id"]}
    assert second["id"].startswith("page-")
    assert str(shared.id) not in str(content)
