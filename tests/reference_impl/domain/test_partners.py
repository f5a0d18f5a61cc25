"""Partners and their models (SESS-13)."""

from __future__ import annotations

import pytest

from reference_impl.domain.partners import CustomerManagement, require_customer_management
from reference_impl.domain.problems import Problem
from tests.reference_impl.builders import a_partner


@pytest.mark.parametrize("model", CustomerManagement)
def test_a_partner_may_use_the_models_it_is_onboarded_for(model: CustomerManagement) -> None:
    require_customer_management(a_partner(customer_management=frozenset({model})), model)
    require_customer_management(a_partner(customer_management=frozenset(CustomerManagement)), model)


@pytest.mark.parametrize("model", CustomerManagement)
def test_the_other_model_is_refused(model: CustomerManagement) -> None:
    for others in (frozenset(CustomerManagement) - {model}, frozenset[CustomerManagement]()):
        with pytest.raises(Problem) as refusal:
            require_customer_management(a_partner(customer_management=others), model)
        assert refusal.value.code == "flow_not_enabled"
        assert model in refusal.value.detail
