"""The sample newsroom that `copydesk demo` serves: invented sites with invented news, and what to make of them."""
