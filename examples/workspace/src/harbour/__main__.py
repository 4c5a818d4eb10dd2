"""`python -m harbour`: runs the flow."""

from harbour.flow import refine_contacts

if __name__ == "__main__":
    print(f"{refine_contacts()} contacts left")
