from groundcloud.coverage import PAGE, page


def test_the_page_of_coverage_is_up_to_date():
    assert PAGE.read_text() == page(), "run python -m groundcloud.coverage"
