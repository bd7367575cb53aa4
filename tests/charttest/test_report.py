"""Reports are XML, whatever a test failed with."""

from xml.etree import ElementTree as ET

import pytest

from pxhelm.charttest import model
from pxhelm.charttest.report import FORMATS


@pytest.mark.parametrize("form", FORMATS)
def test_a_text_that_xml_cannot_hold_is_told_all_the_same(form):
    lines = ("\tnul \0, bell \a, half a pair \udcff, <tag> & tab",)
    failed = model.TestResult("odd \x01 name", failures=(model.Failure(0, "equal", False, lines),))
    text = FORMATS[form]([model.SuiteResult("s", "f.yaml", (failed,))])
    told = "".join(ET.fromstring(text.encode()).itertext())
    assert "\tnul \ufffd, bell \ufffd, half a pair \ufffd, <tag> & tab" in told
