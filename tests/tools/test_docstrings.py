"""Google's style, as far as an agent needs it."""

from pointsman.tools.docstrings import read_docstring


def test_everything_before_the_first_section_is_the_description() -> None:
    text = """Find an order.

    With its lines.

    Args:
        number: Its number.

    Returns:
        number: not a parameter
    """
    assert read_docstring(text) == ("Find an order.\n\nWith its lines.", {"number": "Its number."})


def test_a_parameter_may_name_its_type_and_go_on_over_several_lines() -> None:
    text = """Do it.

    Args:
        first (str, optional): One
            two: three

            four.
        *rest: More.
    """
    assert read_docstring(text)[1] == {"first": "One two: three four.", "rest": "More."}


def test_lines_that_describe_no_parameter_are_left_out() -> None:
    text = """Do it.

    Args:
        this is prose
    """
    assert read_docstring(text) == ("Do it.", {})


def test_no_docstring_says_nothing() -> None:
    assert read_docstring(None) == ("", {})
