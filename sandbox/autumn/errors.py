"""What the local Autumn answers when it refuses."""


class ApiError(Exception):
    """Becomes {message, code, env} with its status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


NO_STRIPE = (
    "There is no Stripe account linked to this organization. "
    "Please connect it here: https://app.useautumn.com/sandbox/dev?tab=stripe"
)


def invalid(message: str) -> ApiError:
    return ApiError(400, "invalid_request", message)


def no_stripe() -> ApiError:
    return invalid(NO_STRIPE)


def no_customer(customer_id: str) -> ApiError:
    return ApiError(404, "customer_not_found", f"Customer {customer_id} not found")


def no_feature(feature_id: str) -> ApiError:
    return ApiError(404, "feature_not_found", f"Feature {feature_id} not found")


def no_entity(entity_id: str) -> ApiError:
    return ApiError(404, "entity_not_found", f"Entity {entity_id} not found")


def no_plan(plan_id: str) -> ApiError:
    return ApiError(404, "product_not_found", f"Product {plan_id} not found")
