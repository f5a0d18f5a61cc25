"""A small shop that is paid through hosted sessions."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from . import payments, webhooks
from .orders import Order, Orders
from .settings import Settings

PRODUCTS = {
    "beans": ("Coffee beans, 250 g", 890),
    "mug": ("Stoneware mug", 750),
    "filters": ("Paper filters, 80", 320),
}
"""Name and price in cents, by the product's identifier."""

COUNTRIES = {"DE": "Germany", "FR": "France", "GB": "United Kingdom", "NL": "Netherlands", "ES": "Spain"}

LARGEST_REQUEST = 1_000_000  # bytes; the largest event that the document allows is smaller


def create_app(settings: Settings) -> Flask:
    """The shop as a WSGI application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.add_template_filter(lambda cents: f"€{Decimal(cents) / 100:.2f}", "euros")
    orders = Orders(settings.database)
    session_api = payments.Payments(settings)
    reader = webhooks.Webhooks(settings)

    @app.get("/")
    def show_shop() -> str:
        tokens = {product: uuid4() for product in PRODUCTS}
        return render_template("shop.html", products=PRODUCTS, countries=COUNTRIES, tokens=tokens)

    @app.post("/orders")
    def place_order() -> BaseResponse:
        """The form names its order itself: sent twice, by a double click or a reload, it is one order."""
        product, country = request.form["product"], request.form["country"]
        if product not in PRODUCTS or country not in COUNTRIES:
            abort(400)
        try:
            order_id = str(UUID(request.form["order"]))
        except ValueError:
            abort(400)
        name, cents = PRODUCTS[product]
        return go_to_checkout(orders.place(order_id, product=name, cents=cents, country=country))

    @app.post("/orders/<uuid:order_id>/payment")
    def try_payment_again(order_id: UUID) -> BaseResponse:
        return go_to_checkout(find(order_id))

    @app.get("/orders/<uuid:order_id>")
    def show_order(order_id: UUID) -> str:
        """Where the payer is sent back to, however it ended. What counts is what the API says."""
        order = find(order_id)
        if order.session_id is not None and not order.is_settled:
            try:
                session = session_api.look_up(order.session_id)
                order = orders.advance(order.session_id, session["status"])
            except (payments.UnavailableError, payments.RefusedError) as error:
                app.logger.warning("no look-up, so what is known is shown: %s", error)
        return render_template("order.html", order=order)

    @app.post("/webhooks")
    def receive_webhook() -> tuple[str, int]:
        """Answered with 2xx once it is stored, so that what is not stored is sent again."""
        try:
            event = reader.read(request)
            orders.handle_event(event.event_id, event.session_id, event.status)
        except (webhooks.RefusedError, LookupError) as refusal:
            app.logger.warning("refused a webhook: %s", refusal)
            return f"{refusal}\n", 400
        return "", 204

    @app.after_request
    def protect(response: Response) -> Response:
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"  # no page from a cache: an order moves on
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "same-origin"  # an order's address is known to its payer alone
        return response

    def find(order_id: UUID) -> Order:
        try:
            return orders.find(str(order_id))
        except LookupError:
            abort(404)

    def go_to_checkout(order: Order) -> BaseResponse:
        if order.may_be_tried:
            try:
                order = orders.keep_session(order.order_id, session_api.create_session(order))
            except payments.UnavailableError as error:
                app.logger.warning("no payment session yet: %s", error)
            except payments.RefusedError:
                app.logger.exception("no payment session")
        checkout = order.session_url if order.status == "open" else None
        return redirect(checkout or f"/orders/{order.order_id}", code=303)

    return app
