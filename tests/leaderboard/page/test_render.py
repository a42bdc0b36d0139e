"""One page: everything inline, nothing of the data ever markup or script."""

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.leaderboard.page import render as page


@pytest.fixture
def rendered(monkeypatch):
    """Renders a template given as text."""
    from jinja2 import ChoiceLoader, DictLoader

    environment = page._environment.__wrapped__()
    monkeypatch.setattr(page, "_environment", lambda: environment)

    def call(source, **values):
        environment.loader = ChoiceLoader([DictLoader({"try.html": source}), environment.loader])
        return page.render("try.html", **{"title": "t", **values})

    return call


BODY = '{% extends "page.html" %}{% block main %}<p>{{ name | plain }}</p>{% endblock %}'
HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(1)>" onload="x'


def test_markup_in_a_name_is_text(rendered):
    html = rendered(BODY, name=HOSTILE, title=HOSTILE, data={"model": HOSTILE})
    assert html.count("<script") == 2
    assert "<img" not in html
    assert "alert(1)" in html


def test_the_policy_allows_exactly_the_style_and_script_that_are_there(rendered):
    html = rendered(BODY, name="x")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "img-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_page_names_nothing_outside_itself(rendered):
    html = rendered(BODY, name="x", data={"a": 1})
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", html)
    assert "style=" not in html
    assert "@import" not in html
    assert "url(" not in html.split("</style>")[0]


def test_a_value_that_a_template_forgot_is_an_error(rendered):
    with pytest.raises(Exception, match="name"):
        rendered(BODY)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_data_reads_back_and_cannot_end_its_element(data):
    source = str(page.embedded(data))
    assert not set(source) & set("<>&\u2028\u2029")
    assert json.loads(source) == data


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        page.embedded({"a": float("nan")})
