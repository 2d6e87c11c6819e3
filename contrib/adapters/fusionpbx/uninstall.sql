-- fusionpbx/uninstall - removes the adapter's functions.  The triggers go with notify_change().
drop function if exists fusionpbx(text[]), fusionpbx_watch();
