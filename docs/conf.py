"""Sphinx's configuration; ``docs.site`` gives the sources."""

from pathlib import Path

project = "Stable Mint payment sessions"
author = "the project's maintainers"
html_title = project

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design"]
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # an HTTP exchange with a wrong body is shown as it is

smartquotes_action = "q"  # quotation marks alone: a dash made of two hyphens would spoil every option

html_theme = "furo"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_copy_source = False
html_use_index = False  # of what Sphinx counts as objects there are none
html_search_scorer = str(Path(__file__).with_name("search_scorer.js"))
html_show_search_summary = False  # it would load every page that is found, which files may not
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None  # the same sources give the same site, whenever they are built
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b6b58",
        "color-brand-content": "#0b6b58",
        "color-code-background": "#f4f6f5",
    },
    "dark_css_variables": {
        "color-brand-primary": "#54d1b4",
        "color-brand-content": "#54d1b4",
        "color-code-background": "#202425",
    },
    "top_of_page_buttons": [],
    "announcement": "the bar of _templates/page.html, which Furo shows where this is not empty",
}
html_sidebars = {  # without the name of the site, which the bar has
    "**": [
        "sidebar/scroll-start.html",
        "sidebar/search.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
pygments_style = "a11y-high-contrast-light"  # Furo brings these; their contrast is WCAG's AAA
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_exclude = ".linenos, .gp"
