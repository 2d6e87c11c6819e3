-- kamailio/uninstall - removes the adapter's functions.  The triggers go with notify_change().
drop function if exists kamailio(text[]), kamailio_watch();
