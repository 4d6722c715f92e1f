"""Where people sign up, sign in and keep their settings, under `accounts/`.

allauth's names (`account_login`, `account_email`, ...) stay without a namespace: allauth reverses
them by name. To add a page about one's own account: a path here, a view in `views.py`.
"""

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("email/", views.email_addresses, name="account_email"),
    path("settings/", views.account_settings, name="account_settings"),
    path("language/", views.choose_language, name="set_language"),
    path("second-factor/", views.second_factor, name="account_second_factor"),
    path("sessions/", views.sessions, name="usersessions_list"),
    path("sessions/<int:pk>/end/", views.end_session, name="account_end_session"),
    path("", include("allauth.urls")),
]
