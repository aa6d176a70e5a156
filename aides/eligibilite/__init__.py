"""What each commune offers to each profession: classes of communes, one vector a class, one row a commune."""
