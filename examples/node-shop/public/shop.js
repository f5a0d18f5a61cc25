// Runs the widget. Whatever it tells, the page is loaded anew: what became of the payment the shop asks the API.
const gateway = document.querySelector("script[data-gateway]").dataset.gateway;
const { register } = await import(`${gateway}/widget/stable-payment-gateway.js`);

for (const type of ["exit", "manual-success-primary-click", "manual-success-secondary-click"]) {
  document.addEventListener(type, () => location.reload());
}
register({ baseUrl: gateway });
