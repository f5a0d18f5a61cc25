"""What browsers are given: the hosted checkout page, and the widget for partners' own pages."""
