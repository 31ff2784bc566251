"""Every code that Ordertrail answers with, and its sentence: the one place to translate."""

from collections.abc import Mapping
from typing import Any

SENTENCES: dict[str, str] = {
    "not_found": "There is no {kind} {id}.",
    "already_placed": "Order {order} is placed already.",
    "order_called_off": "Order {order} was called off.",
    "cannot_decline": "Order {order} cannot be declined: {quantity} units are picked or beyond.",
    "cannot_cancel": "Order {order} cannot be cancelled: {quantity} units of line {line} stand at "
    "{position}. Void the pick or the packing first, or cancel single lines.",
    "line_twice": "Two lines are called {line}; every line of an order needs a name of its own.",
    "line_exists": "There is a line {line} already.",
    "hold_exists": "The hold {hold} was placed before; give this one an id of its own.",
    "void_packing_first": "{quantity} units of order {order} are packed for the old address; void "
    "the packing first.",
    "redirect_instead": "Nothing of order {order} is left to pack; redirect its parcels instead.",
    "wrong_sku": "Line {line} is of SKU {sku}, not {told}.",
    "not_enough_units": "Line {line}: {asked} units were asked for, but only {available} stand "
    "where they can become {step} from ({origins}).",
    "nothing_to_move": "No unit of order {order} stands where it can become {step} from "
    "({origins}).",
    "on_hold": "Order {order} is on hold ({hold}); release the hold first.",
    "return_exists": "There is a return {return_id} already, for other lines.",
    "return_declined": "Return {return_id} was declined.",
    "return_received": "The goods of return {return_id} came back already; it cannot be declined.",
    "nothing_to_return": "Nothing of order {order} has been shipped or delivered.",
    "not_returnable": "Line {line}: {asked} units cannot be returned, {available} were shipped or "
    "delivered and not yet returned.",
    "inspected_beyond_received": "Return {return_id}: {inspected} units of line {line} inspected, "
    "but only {received} received.",
    "replaces_unknown": "Line {line} must name the line that it replaces; {replaces} is none of "
    "this order.",
    "refund_beyond_captured": "Order {order}: {asked} cannot be refunded, {left} of the payments "
    "captured is left.",
    "amount_differs": "{id} was told before with the amount {known}, not {told}.",
    "command_reused": "The command id {command_id} was used before for another command; a retry "
    "must say the same again.",
    "unknown_command": "No aggregate of this app takes the command {command}.",
    "deadline_ahead": "The deadline {deadline} of alert {alert} has not come yet.",
    "customer_registered": "Customer {customer} is registered already, and not in these words; "
    "describe it to change what is known.",
    "customer_absorbed": "Customer {customer} was merged into {survivor}; turn to {survivor}.",
    "customer_erased": "The data of customer {customer} was erased; register a new one.",
    "address_exists": "Customer {customer} has another address called {address}; remove it first, "
    "or give this one an id of its own.",
    "consent_never_given": "Customer {customer} never gave consent to {purpose} by {medium}.",
    "merge_into_itself": "Customer {customer} cannot be merged into itself.",
    "contact_invalid": "{field} cannot be used: {why}.",
    "contact_invalid.phone_impossible": "{field} is no telephone number that can be dialled.",
    "contact_invalid.phone_without_country": "{field} needs its country: write the telephone "
    "number with + and the code of the country.",
    "contact_invalid.email_impossible": "{field} is no e-mail address that mail can be sent to.",
    "contact_invalid.country_unknown": "{field} is no country: write the two letters that "
    "ISO 3166 has for it, such as DE.",
    "contact_invalid.postcode_impossible": "{field} is no postcode of {country}.",
}


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"({key})"


def sentence(code: str, arguments: Mapping[str, Any]) -> str:
    """The English sentence for a code; a code without one is shown with its arguments.

    Where the arguments say why, "code.why" may have a sentence of its own.
    """
    template = SENTENCES.get(f"{code}.{arguments.get('why')}") or SENTENCES.get(code)
    if template is None:
        details = ", ".join(f"{name}: {given}" for name, given in arguments.items())
        return f"{code} ({details})" if details else code
    return template.format_map(_Missing(arguments))
