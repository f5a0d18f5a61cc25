"""What browsers are given: the hosted checkout page, the widget for partners' own pages, the inspector."""
