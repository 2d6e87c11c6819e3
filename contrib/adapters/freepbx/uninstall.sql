-- freepbx/uninstall - removes the adapter's functions.  The triggers go with notify_change().
drop function if exists freepbx(text[]), freepbx_watch();
